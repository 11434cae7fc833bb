#pragma once
// The files of this folder, which the build embeds in the library.

namespace reel::debug::page {

extern const char* const page_html;
extern const char* const page_css;
extern const char* const dagre_min_js;
extern const char* const dagre_license;
extern const char* const scripts[];  // the page's own; in this order, null at the end

}  // namespace reel::debug::page
