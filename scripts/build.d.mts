export function bundle(
	entryPoints: Readonly<Record<string, string>>,
	outdir: string,
): Promise<readonly { readonly path: string; readonly contents: Uint8Array }[]>;
