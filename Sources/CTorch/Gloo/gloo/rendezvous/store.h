// Declarations that libtorch's ProcessGroupGloo.hpp needs in order to be read. Packages of libtorch contain Gloo itself but not
// its headers; these stand last in the search path, so that real ones are preferred. Nothing here is instantiated by us.

#ifndef LANDSCAPE_GLOO_DECLARATIONS_H
#define LANDSCAPE_GLOO_DECLARATIONS_H

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace gloo {

class Context {
  public:
    void setTimeout(std::chrono::milliseconds timeout);
};

namespace rendezvous {
class Store {
  public:
    virtual ~Store();
    virtual void set(const std::string &key, const std::vector<char> &value) = 0;
    virtual std::vector<char> get(const std::string &key) = 0;
    virtual void wait(const std::vector<std::string> &keys) = 0;
    virtual void wait(const std::vector<std::string> &keys, const std::chrono::milliseconds &timeout) = 0;
};
} // namespace rendezvous

namespace transport {
class Device;
class UnboundBuffer {
  public:
    virtual ~UnboundBuffer();
};
} // namespace transport

} // namespace gloo

#endif
