# Segments as Arrow IPC files, and as a few rows for people.
target_sources(quern_dataset PRIVATE
  arrow_column.c
  arrow_compress.c
  arrow_meta.c
  arrow_pandas.c
  arrow_write.c
  cell.c
  flat_build.c
  head.c
  profile.c
  profile_scan.c
  profile_set.c
  profile_work.c
  table_text.c
)
target_link_libraries(quern_dataset PRIVATE PkgConfig::JANSSON m)
