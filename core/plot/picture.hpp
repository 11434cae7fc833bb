#pragma once
#include <string>
#include <utility>
#include <vector>

#include <reel/core/mistake.hpp>
#include <reel/core/plot/figure.hpp>

namespace reel::plot {

/// A finished picture, the text of an SVG file.
class Picture {
 public:
  explicit Picture(std::string svg) : svg_(std::move(svg)) {}

  const std::string& svg() const& { return svg_; }
  std::string svg() && { return std::move(svg_); }
  /// Writes svg() to `path` as Figure::save() does. Images themselves go into PNG files by io::write_png.
  const Picture& save(const std::string& path, SourceLocation where = SourceLocation::here()) const&;
  Picture save(const std::string& path, SourceLocation where = SourceLocation::here()) && { return std::as_const(*this).save(path, where); }

 private:
  std::string svg_;
};

/// Figures in rows of `columns`, each in its own size. Throws Error for none, and for 0 columns.
Picture arrange(const std::vector<Figure>& figures, std::size_t columns = 1, SourceLocation where = SourceLocation::here());

struct ImageGridOptions {
  std::string title = {};
  std::vector<std::string> labels = {};  ///< below each image
  std::size_t columns = 0;               ///< 0: as many as make the grid about square
  int size = 84;                         ///< of an image's longer side, pixels; whole multiples of the image's own size are used
  /// What is black and what is white; where both are equal, the least and the largest value of all images.
  double low = 0, high = 1;
};

/// Images (n, 1, height, width) in grey or (n, 3, height, width) in colour, side by side, as PNG data inside the SVG. NaN is drawn as
/// `low`. Throws ShapeError for other shapes and no images, Error for more labels than images and a size outside 8 to 1000 pixels.
Picture image_grid(const Array& images, const ImageGridOptions& options = {}, SourceLocation where = SourceLocation::here());
REEL_NO_SUCH_OPTION(ImageGridOptions, Picture image_grid(const Array&, ...));

struct ConfusionMatrixOptions {
  std::string title = "Confusion matrix";
  std::vector<std::string> names = {};  ///< of the classes; their numbers by default
};

/// Counts (classes, classes), a row a true class, with their numbers; a cell is the darker the larger its share of the row is. Throws
/// ShapeError for another shape or none, Error for a number of names that is not that of the classes.
Picture confusion_matrix(const Array& counts, const ConfusionMatrixOptions& options = {}, SourceLocation where = SourceLocation::here());
REEL_NO_SUCH_OPTION(ConfusionMatrixOptions, Picture confusion_matrix(const Array&, ...));

/// Points (n, 2) in a colour for each class, int64 (n,), as for the latent space of an autoencoder. `names` are the classes', for the
/// legend; their numbers by default. Throws ShapeError for other shapes, Error for a class without a name.
Figure scatter_by_class(const Array& points, const Array& classes, const std::vector<std::string>& names = {}, FigureOptions options = {},
                        SourceLocation where = SourceLocation::here());
REEL_NO_SUCH_OPTION(FigureOptions, Figure scatter_by_class(const Array&, const Array&, const std::vector<std::string>&, ...));

/// A bar for each name with a mean and a largest value, on a logarithmic axis, as for the sizes of gradients layer by layer.
struct MagnitudeRow {
  std::string name;
  double mean = 0, largest = 0;
};
/// A row of zeros says so; NaN and infinite values do, too. Throws Error without rows.
Picture magnitudes(const std::vector<MagnitudeRow>& rows, const std::string& title, SourceLocation where = SourceLocation::here());

}  // namespace reel::plot
