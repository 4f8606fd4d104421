/** Globs of `static_files`: `*` and `?` within a segment, `**` for any number of folders. Pure. */

/** Whether a path matches a glob, or is in a folder that it names. Takes time linear in the product of both lengths. */
export function matchesGlob(path: string, glob: string): boolean {
	return matchesSegments(path.split("/"), glob.split("/"));
}

function matchesSegments(segments: readonly string[], globs: readonly string[]): boolean {
	/** For each number of leading segments: whether the globs so far match exactly these. */
	let reached = [true, ...segments.map(() => false)];
	for (const glob of globs) {
		if (glob === "**") {
			const first = reached.indexOf(true);
			reached = reached.map((_, count) => first >= 0 && count >= first);
			continue;
		}
		const before = reached;
		reached = before.map(
			(_, count) =>
				count > 0 && before[count - 1] === true && matchesSegment(segments[count - 1] ?? "", glob),
		);
	}
	// A match of the leading segments is a match of a folder.
	return reached.indexOf(true) > 0 || (reached[0] === true && globs.at(-1) === "**");
}

/** Compares one segment. Only the last star is tried again, which is enough and never exponential. */
function matchesSegment(text: string, glob: string): boolean {
	let at = 0;
	let star = -1;
	let starAt = 0;
	for (let index = 0; at < text.length; ) {
		if (index < glob.length && glob[index] === "*") {
			star = index++;
			starAt = at;
		} else if (index < glob.length && (glob[index] === "?" || glob[index] === text[at])) {
			index++;
			at++;
		} else if (star >= 0) {
			index = star + 1;
			at = ++starAt;
		} else return false;
		if (at === text.length) return /^\**$/.test(glob.slice(index));
	}
	return /^\**$/.test(glob);
}
