/** Paths of folders as configuration files write them. Pure. */

/**
 * Where a path leads that is no URL: nothing in it is decoded.
 * @param folder that it begins in, "" for the root
 * @returns undefined where it leads out of the root, is absolute, or is no path of POSIX
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
