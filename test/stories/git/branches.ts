/** Projects with branches, which are made once for a test file and copied for each test. */
import { cpSync } from "node:fs";
import { Project } from "../support/project.ts";

/** A copy of a project, and of its machine's state. */
export function copyOf(template: Project): Project {
	const project = new Project(template.identity === undefined ? {} : { identity: template.identity });
	cpSync(template.machine, project.machine, { recursive: true });
	return project;
}

/** The names of the secrets in a project's vault. */
export async function namesOf(project: Project): Promise<string[]> {
	const { secrets } = await project.data(["secrets", "list"]);
	return secrets.map(({ name }: { name: string }) => name);
}
