/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the user's files are: settings, what `quern up` keeps, and environments: their descriptors and, for those that `quern env create` made, their virtual environments.
 *
 *     descriptors   $XDG_CONFIG_HOME/quern/environments/NAME.conf (~/.config), then /etc/quern/environments/NAME.conf
 *     venvs         $XDG_DATA_HOME/quern/environments/NAME (~/.local/share); root, whose home is closed to the jobs that it
 *                   starts: /var/lib/quern/environments/NAME
 *
 * Paths are absolute. Errors: REASON_CONFIG when there is neither a home nor a directory given.
 */
#ifndef QUERN_CLI_PLACES_H
#define QUERN_CLI_PLACES_H

#include <limits.h>

#include "cli/refusal.h"

#define PLACES_DESCRIPTORS 2
#define PLACES_SUFFIX ".conf"

/* Directories of descriptors, the user's first; empty when there is none. */
void places_descriptors(char ret[PLACES_DESCRIPTORS][PATH_MAX]);

/* The directory of the virtual environments that quern makes. */
MUST_USE int places_made(char ret[PATH_MAX], struct refusal *refusal);

/* $XDG_CONFIG_HOME/quern/quern.ini (~/.config); empty when there is no home. */
void places_settings(char ret[PATH_MAX]);

/* The default store's directory: $XDG_DATA_HOME/quern/store (~/.local/share). */
MUST_USE int places_store(char ret[PATH_MAX], struct refusal *refusal);

/* The directory of `quern up`: $XDG_STATE_HOME/quern/up (~/.local/state). */
MUST_USE int places_up(char ret[PATH_MAX], struct refusal *refusal);

/* Makes a directory and those above it. */
MUST_USE int places_make(const char *directory, struct refusal *refusal);

#endif
