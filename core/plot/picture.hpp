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
  /// Writes svg() to `path` as Figure::save() does. To write an image as a PNG file, use io::write_png().
  const Picture& save(const std::string& path, SourceLocation where = SourceLocation::here()) const&;
  Picture save(const std::string& path, SourceLocation where = SourceLocation::here()) && { return std::as_const(*this).save(path, where); }

 private:
  std::string svg_;
};

/// Returns a picture of several figures in rows of `columns`, each in its own size. Throws Error for no figures or 0 columns.
Picture arrange(const std::vector<Figure>& figures, std::size_t columns = 1, SourceLocation where = SourceLocation::here());

struct ImageGridOptions {
  std::string title = {};
  std::vector<std::string> labels = {};  ///< below each image
  std::size_t columns = 0;               ///< images per row; 0: so that the grid is about square
  int size = 84;                         ///< length of an image's longer side, pixels; images are enlarged by whole factors
  /// The values that are black and white; if both are equal, the smallest and the largest value of all images.
  double low = 0, high = 1;
};

/// Returns a picture of images (n, 1, height, width) in grey or (n, 3, height, width) in colour, side by side, as PNG data inside the SVG.
/// NaN is drawn as `low`. Throws ShapeError for other shapes or no images, Error for more labels than images or a size outside 8 to 1000
/// pixels.
Picture image_grid(const Array& images, const ImageGridOptions& options = {}, SourceLocation where = SourceLocation::here());
REEL_NO_SUCH_OPTION(ImageGridOptions, Picture image_grid(const Array&, ...));

struct ConfusionMatrixOptions {
  std::string title = "Confusion matrix";
  std::vector<std::string> names = {};  ///< names of the classes; by default their numbers
};

/// Returns a picture of counts (classes, classes) with one row per true class. A cell shows its count, and is darker the larger its share
/// of the row is. Throws ShapeError for another shape or no classes, Error if the number of names is not the number of classes.
Picture confusion_matrix(const Array& counts, const ConfusionMatrixOptions& options = {}, SourceLocation where = SourceLocation::here());
REEL_NO_SUCH_OPTION(ConfusionMatrixOptions, Picture confusion_matrix(const Array&, ...));

/// Returns a figure of points (n, 2) with one colour per class, int64 (n,), for example of the latent space of an autoencoder. `names` are
/// the names of the classes in the legend, by default their numbers. Throws ShapeError for other shapes, Error for a class without a name.
Figure scatter_by_class(const Array& points, const Array& classes, const std::vector<std::string>& names = {}, FigureOptions options = {},
                        SourceLocation where = SourceLocation::here());
REEL_NO_SUCH_OPTION(FigureOptions, Figure scatter_by_class(const Array&, const Array&, const std::vector<std::string>&, ...));

/// One row of magnitudes(): a name with a mean and a largest value.
struct MagnitudeRow {
  std::string name;
  double mean = 0, largest = 0;
};
/// Returns a picture with a bar for the mean and a bar for the largest value of each row, on a logarithmic axis, for example of the
/// gradients of each layer. Rows with only zeros, NaN or infinite values are marked as such. Throws Error if there are no rows.
Picture magnitudes(const std::vector<MagnitudeRow>& rows, const std::string& title, SourceLocation where = SourceLocation::here());

}  // namespace reel::plot
