// The compiled part of Asio and Boost.JSON, once for the whole house.
#include <boost/asio/impl/src.hpp>
#include <boost/json/src.hpp>
