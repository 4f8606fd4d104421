/** Starts the browser of this machine's user. */

/**
 * Whether a browser that is started here appears before the user. On Linux it needs a display; without one, the
 * system's opener may start a browser of the terminal, which nobody sees.
 */
export function canOpenBrowser({
	hasDisplay,
	platform = process.platform,
}: {
	readonly hasDisplay: boolean;
	readonly platform?: NodeJS.Platform;
}): boolean {
	return platform === "win32" || platform === "darwin" || hasDisplay;
}

/** Opens an address. @returns whether a program for it was found */
export async function openBrowser(url: string): Promise<boolean> {
	const { default: open } = await import("open");
	try {
		await open(url);
		return true;
	} catch {
		return false;
	}
}
