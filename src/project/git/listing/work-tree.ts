/** Lists the files of a working tree and of git's index. Paths are bytes, as latin1 text: git's paths need not be UTF-8. */
import { type GitContext, gitOutput } from "../run.ts";

const SUBMODULE = "160000";

/**
 * The files below a folder that git tracks or would add, relative to the folder. A submodule, and another repository
 * inside this one, is one path. A file that is tracked need not exist.
 * @throws AppError as `gitOutput`
 */
export async function listWorkTree(place: GitContext): Promise<string[]> {
	const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
	const listed = await gitOutput(place, args, { encoding: "latin1" });
	return [...new Set(listed.split("\0").filter((path) => path !== ""))].map((path) =>
		path.replace(/\/$/, ""),
	);
}

/** The files below a folder that git tracks, relative to the folder. @throws AppError as `gitOutput` */
export async function listTracked(place: GitContext): Promise<string[]> {
	const listed = await gitOutput(place, ["ls-files", "-z", "--cached"], { encoding: "latin1" });
	return [...new Set(listed.split("\0").filter((path) => path !== ""))];
}

/** The files below a folder that git does not track and would add, relative to the folder. @throws AppError as `gitOutput` */
export async function listUntracked(place: GitContext): Promise<string[]> {
	const args = ["ls-files", "-z", "--others", "--exclude-standard"];
	const listed = await gitOutput(place, args, { encoding: "latin1" });
	return listed.split("\0").filter((path) => path !== "");
}

/**
 * The contents in git's index below a folder: object ids, each with its paths from the top of the working tree. All
 * sides of an unfinished merge are listed, and submodules are not.
 * @throws AppError as `gitOutput`
 */
export async function listIndex(place: GitContext): Promise<Map<string, string[]>> {
	const listed = await gitOutput(place, ["ls-files", "-z", "--stage", "--full-name"], { encoding: "latin1" });
	const byId = new Map<string, string[]>();
	for (const entry of listed.split("\0")) {
		const tab = entry.indexOf("\t");
		const [mode, id] = entry.slice(0, tab).split(" ");
		if (tab < 0 || id === undefined || mode === SUBMODULE) continue;
		const path = entry.slice(tab + 1);
		const paths = byId.get(id);
		if (paths) paths.push(path);
		else byId.set(id, [path]);
	}
	return byId;
}
