#!/bin/sh
# Submit a job, see it run, fetch its files. Needs a queue: quern up --detach
set -eu
cd "$(dirname "$0")/.."

job=$(quern submit feature_importance.py --dataframe1 pima_diabetes.csv -o pima/importance)
quern logs -f "$job"          # its output as it comes, until it ends
quern wait "$job"             # the exit code says how it ended
quern result "$job" -o "${1:-../build/out/one_job}"
quern dataset head pima/importance
