# What `cmake --install` puts where: the program, and the SDK as one static library with its headers, for find_package(mcp) and pkg-config.
# Components: `gatehouse` is the program, `mcp` the SDK.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# How a library that rooms link is found again by others: target|what the package config says|name for pkg-config.
set(GATEHOUSE_FOUND_AGAIN
  "Boost::headers||"
  "Threads::Threads|find_dependency(Threads)|-pthread"
  "OpenSSL::SSL|find_dependency(OpenSSL)|openssl"
  "OpenSSL::Crypto|find_dependency(OpenSSL)|openssl"
  "simdjson::simdjson|find_dependency(simdjson)|simdjson"
  "fmt::fmt|find_dependency(fmt)|fmt"
  "spdlog::spdlog|find_dependency(spdlog)|spdlog"
  "yaml-cpp|find_dependency(yaml-cpp)|yaml-cpp"
  "PkgConfig::RE2|find_dependency(PkgConfig)\npkg_check_modules(RE2 REQUIRED QUIET IMPORTED_TARGET re2)|re2"
  "PkgConfig::ICU|find_dependency(PkgConfig)\npkg_check_modules(ICU REQUIRED QUIET IMPORTED_TARGET icu-i18n icu-uc)|icu-i18n icu-uc"
  "PkgConfig::SQLITE|find_dependency(PkgConfig)\npkg_check_modules(SQLITE REQUIRED QUIET IMPORTED_TARGET sqlite3)|sqlite3"
  "PkgConfig::PQ|find_dependency(PkgConfig)\npkg_check_modules(PQ REQUIRED QUIET IMPORTED_TARGET libpq)|libpq")

# one_library(target OUTPUT name EXPORT name ROOMS room… [WITHOUT room…] [USES target…]): the objects of these rooms, and of all that they
# may include but those without, as one static library. Sets <target>_FIND and <target>_PC to what GATEHOUSE_FOUND_AGAIN says of what it links.
function(one_library target)
  cmake_parse_arguments(LIB "" "OUTPUT;EXPORT" "ROOMS;WITHOUT;USES" ${ARGN})
  set(rooms "")
  set(left ${LIB_ROOMS})
  while(left)
    list(POP_FRONT left room)
    if(room IN_LIST rooms OR room IN_LIST LIB_WITHOUT)
      continue()
    endif()
    list(APPEND rooms ${room})
    get_property(below GLOBAL PROPERTY GATEHOUSE_ARROWS_${room})
    list(APPEND left ${below})
  endwhile()
  set(objects "")
  set(libraries "")
  foreach(room IN LISTS rooms)
    list(APPEND objects $<TARGET_OBJECTS:${room}>)
    get_property(of_room GLOBAL PROPERTY GATEHOUSE_LIBS_${room})
    list(APPEND libraries ${of_room})
  endforeach()
  list(REMOVE_DUPLICATES libraries)
  set(find "")
  set(pc "")
  foreach(library IN LISTS libraries)
    set(known FALSE)
    foreach(line IN LISTS GATEHOUSE_FOUND_AGAIN)
      string(REPLACE "|" ";" parts "${line}")
      list(GET parts 0 name)
      if(name STREQUAL library)
        set(known TRUE)
        list(GET parts 1 line_find)
        list(GET parts 2 line_pc)
        list(APPEND find "${line_find}")
        list(APPEND pc "${line_pc}")
      endif()
    endforeach()
    if(NOT known)
      message(FATAL_ERROR "cmake/install.cmake: say in GATEHOUSE_FOUND_AGAIN how ${library} is found by who installs the SDK")
    endif()
  endforeach()
  list(REMOVE_ITEM libraries Boost::headers)
  list(REMOVE_DUPLICATES find)
  list(REMOVE_DUPLICATES pc)
  add_library(${target} STATIC ${objects})
  target_link_libraries(${target} PRIVATE ${libraries} INTERFACE ${LIB_USES})
  target_compile_features(${target} INTERFACE cxx_std_23)
  target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME ${LIB_OUTPUT} EXPORT_NAME ${LIB_EXPORT})
  install(TARGETS ${target} EXPORT mcpTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT mcp)
  set(${target}_FIND "${find}" PARENT_SCOPE)
  set(${target}_PC "${pc}" PARENT_SCOPE)
endfunction()

one_library(mcp OUTPUT mcp EXPORT mcp ROOMS sdk)
# Tasks that survive the process, for who wants SQLite.
one_library(mcp_sqlite OUTPUT mcp_task_store EXPORT task_store ROOMS sdk_store store WITHOUT sdk base protocol net oauth USES mcp)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/mcp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT mcp FILES_MATCHING PATTERN "*.h")
install(TARGETS gatehouse RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT gatehouse)

# The package of CMake. SQLite and libpq are looked for only by who asks for the component task_store.
list(JOIN mcp_FIND "\n" MCP_FIND)
list(REMOVE_ITEM mcp_sqlite_FIND ${mcp_FIND})
list(JOIN mcp_sqlite_FIND "\n  " MCP_FIND_TASK_STORE)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/mcp)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/mcpConfig.cmake.in ${CMAKE_BINARY_DIR}/install/mcpConfig.cmake
                              INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/install/mcpConfigVersion.cmake VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/install/mcpConfig.cmake ${CMAKE_BINARY_DIR}/install/mcpConfigVersion.cmake DESTINATION ${package} COMPONENT mcp)
install(EXPORT mcpTargets NAMESPACE mcp:: DESTINATION ${package} COMPONENT mcp)

# pkg-config. The libraries are static: what they need is always named.
function(pkg_config_file name description library requires)
  set(PC_NAME ${name})
  set(PC_DESCRIPTION "${description}")
  set(PC_LIBS "-L\${libdir} -l${library}")
  set(PC_REQUIRES "")
  file(RELATIVE_PATH PC_TO_INCLUDE /${CMAKE_INSTALL_LIBDIR}/pkgconfig /${CMAKE_INSTALL_INCLUDEDIR})
  foreach(one IN LISTS requires)
    if(one MATCHES "^-")
      string(APPEND PC_LIBS " ${one}")
    elseif(one)
      string(APPEND PC_REQUIRES "${one} ")
    endif()
  endforeach()
  configure_file(${CMAKE_SOURCE_DIR}/cmake/mcp.pc.in ${CMAKE_BINARY_DIR}/install/${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/install/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT mcp)
endfunction()
pkg_config_file(mcp "MCP servers and clients in C++" mcp "${mcp_PC}")
list(REMOVE_ITEM mcp_sqlite_PC ${mcp_PC})
pkg_config_file(mcp-task-store "Tasks of an MCP server in a SQLite file" mcp_task_store "mcp;${mcp_sqlite_PC}")
