/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that cannot be used safely are compile errors. Every C file of the project is compiled with this header. */
#ifndef QUERN_BANNED_H
#define QUERN_BANNED_H

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANNED(call) sorry_##call##_is_a_banned_call

#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef strncpy
#define strncpy(...) BANNED(strncpy)
#undef strncat
#define strncat(...) BANNED(strncat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef strtok
#define strtok(...) BANNED(strtok)
#undef atoi
#define atoi(...) BANNED(atoi)
#undef atol
#define atol(...) BANNED(atol)
#undef atoll
#define atoll(...) BANNED(atoll)
#undef alloca
#define alloca(...) BANNED(alloca)
#undef mktemp
#define mktemp(...) BANNED(mktemp)

#endif
