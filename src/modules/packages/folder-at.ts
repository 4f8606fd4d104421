/** Resolves paths of folders in configuration files. Pure. */

/**
 * Resolves a path against a folder. The path is not a URL, so nothing is decoded.
 * @param folder the folder to begin in, "" for the root
 * @returns undefined if the path leads out of the root, is absolute, or is not a POSIX path
 */
export function folderAt(folder: string, path: string): string | undefined {
	if (/^[/~]|^[a-z]:|\\|\0/i.test(path)) return undefined;
	const out = folder === "" ? [] : folder.split("/");
	for (const segment of path.split("/")) {
		if (segment === "..") {
			if (out.pop() === undefined) return undefined;
		} else if (segment !== "." && segment !== "") out.push(segment);
	}
	return out.join("/");
}
