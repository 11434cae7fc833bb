#pragma once
// Includes xsimd so that its headers compile without warnings, and without optimisation as well.

// g++ 12 sees uninitialised values in its own AVX-512 header (gcc.gnu.org/PR105593), which xsimd includes.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
// Without optimisation, g++ 12 defines two intrinsics as macros that cast their arguments by C's rules. xsimd passes its own classes, which
// convert only to the arguments of a function.
#if defined(__AVX512BW__) && !defined(__OPTIMIZE__)
#include <immintrin.h>
#ifdef _mm512_mask_blend_epi8
#undef _mm512_mask_blend_epi8
#undef _mm512_mask_blend_epi16
inline __m512i _mm512_mask_blend_epi8(__mmask64 mask, __m512i a, __m512i b) { return _mm512_mask_mov_epi8(a, mask, b); }
inline __m512i _mm512_mask_blend_epi16(__mmask32 mask, __m512i a, __m512i b) { return _mm512_mask_mov_epi16(a, mask, b); }
#endif
#endif
#endif
#include <xsimd/xsimd.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
