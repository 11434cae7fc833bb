#pragma once
#include <cstddef>

// Memory that runs out when a test says so: this program's operator new and aligned_alloc, which is where Reel's pool gets its blocks.
namespace failing {

enum class Mode {
  at_first,  ///< the n-th request is refused, and the pool's next one is not
  once,      ///< the n-th request is refused; of the pool's, which asks again after it gave back what it kept, both are
  for_good   ///< and all after it, as where memory has really run out
};

/// Refuses the n-th request (from 1) that any thread makes from now on.
void arm(long n, Mode mode);
/// Refuses nothing any more. Returns whether something was refused.
bool disarm();
/// How many blocks of operator new are there, of all threads.
long live();

}  // namespace failing
