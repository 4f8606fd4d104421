/** A second machine with the same project: it gets only what git transports. */
import { Project } from "./project.ts";

/** Commits everything that git tracks or may track. */
export async function commit(project: Project, message: string): Promise<void> {
	await project.git("add", "--all");
	await project.git("commit", "--quiet", "--message", message);
}

/** Clones a project to another machine of the same person, with the same identity and without local state. */
export async function cloneOf(project: Project): Promise<Project> {
	const clone = new Project(project.identity === undefined ? {} : { identity: project.identity });
	try {
		await clone.git("clone", "--quiet", project.root, ".");
		clone.variables["COFFER_TOKEN"] = project.variables["COFFER_TOKEN"];
		// As in CI: no user has linked anything on that machine.
		clone.variables["COFFER_ORIGIN"] = project.linkedAt;
		return clone;
	} catch (error) {
		await clone[Symbol.asyncDispose]();
		throw error;
	}
}
