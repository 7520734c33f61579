// Typed handles of our own ops, for calling them through the dispatcher.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include <string>

namespace act {

// The op act::<name>. Looking it up takes a lock: keep what it returns.
template <class Signature>
c10::TypedOperatorHandle<Signature> find_op(const std::string& name, const char* overload = "") {
  return c10::Dispatcher::singleton()
      .findSchemaOrThrow(("act::" + name).c_str(), overload)
      .template typed<Signature>();
}

}  // namespace act
