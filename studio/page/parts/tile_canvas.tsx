import type { Canvas } from "@videoms/data/plain";
import { useEffect, useRef } from "preact/hooks";

/** A picture of pixels. Its place on the page is there before it is. */
export function TileCanvas({ label, picture }: { label: string; picture: Canvas | null }) {
  const element = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = element.current!;
    if (!picture) return;
    const { width, height, data } = picture;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const image = new ImageData(width, height);
    for (let i = 0, from = 0; i < image.data.length; i += 4) {
      image.data[i] = data[from++];
      image.data[i + 1] = data[from++];
      image.data[i + 2] = data[from++];
      image.data[i + 3] = 255;
    }
    canvas.getContext("2d")!.putImageData(image, 0, 0);
  }, [picture]);
  return <canvas ref={element} class="tile" role="img" aria-label={label} />;
}
