/**
 * VideoMS: masked video modelling with motion-centric tokens. All packages in one import.
 *
 * @module
 */

export * from "@videoms/core";
export * from "@videoms/data";
export * from "@videoms/masking";
export * from "@videoms/models";
export * from "@videoms/studio";
export * from "@videoms/tasks";
