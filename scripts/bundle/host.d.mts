import type * as esbuild from "esbuild";

export function bundleHost(
	bundler: Pick<typeof esbuild, "build">,
): Promise<(readonly [path: string, contents: string])[]>;
