/** Opens an address with a code in the browser of this machine's user. */
import { handOver } from "./hand-over.ts";

/**
 * Whether a browser that is started here appears before the user. On Linux it needs a display; without one, the
 * system's opener may start a browser of the terminal, which nobody sees.
 */
export function canOpenBrowser({
	hasDisplay,
	system = process.platform,
}: {
	readonly hasDisplay: boolean;
	readonly system?: NodeJS.Platform;
}): boolean {
	return system === "win32" || system === "darwin" || hasDisplay;
}

/**
 * Opens an address. Other users of a Linux machine can read the arguments of programs. There the browser gets an address
 * of this process, which tells the actual one to programs of this user only.
 * @param isWsl whether the browser runs on the Windows outside of this Linux
 * @returns whether a browser has it, as far as this can be seen
 */
export async function openBrowser(url: string, isWsl: boolean): Promise<boolean> {
	const { default: open } = await import("open");
	try {
		if (process.platform === "linux" && !isWsl)
			return await handOver(url, async (own) => void (await open(own)));
		await open(url);
		return true;
	} catch {
		return false;
	}
}
