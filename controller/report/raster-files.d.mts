export const RASTER_FILES: Readonly<Record<'raster.wasm' | 'font-400.woff2' | 'font-700.woff2', string>>;
export function bringRasterFiles(folder: string): Promise<void>;
