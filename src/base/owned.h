#pragma once

#include <memory>

namespace tcpdx {

// Turns a C "destroy" function into a deleter that takes no space.
template <auto Destroy>
struct DestroyWith {
    template <class T>
    void operator()(T* handle) const noexcept {
        Destroy(handle);
    }
};

template <class T, auto Destroy>
using Owned = std::unique_ptr<T, DestroyWith<Destroy>>;

}  // namespace tcpdx
