/**
 * Pictures of clips and numbers: canvases, text, heat maps, tokens drawn over frames, sheets of them, confusion
 * matrices, and PNG files.
 *
 * @module
 */

export { type Canvas, canvasOf, type Colour, createCanvas, drawCanvas } from "./canvas.ts";
export { type ChosenTokens, clipSheet, ClipTiles } from "./clip_tiles.ts";
export { type Confusion, confusionPicture } from "./confusion_picture.ts";
export { heatColour, heatMap, type HeatMapOptions } from "./heat_map.ts";
export { type ChosenByStrategy, type ChosenOfClip, lookFilm, lookSheet } from "./look_pictures.ts";
export { pictureGrid, type PictureRow } from "./picture_grid.ts";
export { encodePng, writePng } from "./png.ts";
export { timeline, type TimelineMarks } from "./timeline.ts";
