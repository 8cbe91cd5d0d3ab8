// The compiled part of Asio's TLS, once for the whole house.
#include <boost/asio/ssl/impl/src.hpp>
