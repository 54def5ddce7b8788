/**
 * Which frames and crops of a video make the clips that a network is tested on, on the command line and in a page. It
 * does not load tfjs, so threads that decode can use it.
 *
 * @module
 */

export {
  chosenPositions,
  clipFrames,
  clipRaster,
  type ClipTask,
  taskOfVideo,
  type VideoSelector,
  videoSelector,
} from "./clip_frames.ts";
export {
  centreView,
  evaluationViews,
  type PlanViews,
  type ViewCounts,
} from "./evaluation_views.ts";
