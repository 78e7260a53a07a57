#!/bin/sh
# Three jobs that wait for each other: train, score, and judge the scores. Needs a queue: quern up --detach
set -eu
cd "$(dirname "$0")/.."

quern dataset put pima_diabetes.csv pima
train=$(quern submit train_model.py --dataframe1 pima -o pima/model)
# What a job returns can be an input before it is there: who takes it waits for that job to succeed.
score=$(quern submit score_model.py --dataframe1 pima --dataframe2 "job:$train/dataset1" -o pima/scores)
judge=$(quern submit calibration.py --dataframe1 "job:$score/dataset1" --after "ok:$train" -o pima/calibration)
quern ls
quern wait "$train" "$score" "$judge"
quern logs "$judge"
quern dataset ls pima/
