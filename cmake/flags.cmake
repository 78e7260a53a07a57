# Compiler flags for every target, as one interface library: quern_flags.
add_library(quern_flags INTERFACE)
target_include_directories(quern_flags INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(quern_flags INTERFACE _GNU_SOURCE QUERN_VERSION="${PROJECT_VERSION}")
target_compile_options(quern_flags INTERFACE
  -Wall -Wextra -Werror -Wconversion -Wshadow -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
  -Wundef -Wpointer-arith -Wcast-qual -fno-common -fstack-protector-strong
  -include ${CMAKE_SOURCE_DIR}/include/quern/banned.h)

if(QUERN_SANITIZE)
  target_compile_options(quern_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                                               -fno-omit-frame-pointer)
  target_link_options(quern_flags INTERFACE -fsanitize=address,undefined)
else()
  target_compile_options(quern_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE
    -D_FORTIFY_SOURCE=2 -fstack-clash-protection -fcf-protection $<$<C_COMPILER_ID:GNU>:-ftrivial-auto-var-init=zero>>)
  target_link_options(quern_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
if(QUERN_FUZZ)
  target_compile_options(quern_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
