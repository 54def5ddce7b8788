import { PIXEL_MEAN, PIXEL_STD } from "../patches/patchify.ts";

/**
 * The `preprocessor_config.json` of Hugging Face's VideoMAE: the centre of each frame, its shorter side resized, normalised as
 * networks here have it.
 *
 * @param imageSize side of the square frames in pixels
 */
export function formatProcessor(imageSize: number): string {
  const config = {
    image_processor_type: "VideoMAEImageProcessor",
    do_resize: true,
    size: { shortest_edge: imageSize },
    resample: 2, // bilinear
    do_center_crop: true,
    crop_size: { height: imageSize, width: imageSize },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: PIXEL_MEAN,
    image_std: PIXEL_STD,
  };
  return JSON.stringify(config, null, 2) + "\n";
}
