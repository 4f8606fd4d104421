/** What Coffer finds in git after a commit has moved the project's folder. */
import { expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { Project } from "../support/project.ts";

/** The project's folder is `new`. On branch `other` it is the top of the work tree, and the vault has W as well. */
async function moved(): Promise<Project> {
	const project = new Project();
	await project.ok(["init"]);
	await project.git("init", "--quiet", "--initial-branch", "main");
	await project.ok(["secrets", "set", "A=first"]);
	await commit(project, "Start");
	await project.ok(["secrets", "set", "A=second"]);
	await commit(project, "Second");
	await project.git("checkout", "--quiet", "-b", "other");
	await project.ok(["secrets", "set", "W=kept"]);
	await commit(project, "W");
	await project.git("checkout", "--quiet", "main");
	project.write("new/file.txt", "text\n");
	await project.git("add", "--all");
	await project.git("mv", "coffer.vault", ".gitattributes", ".gitignore", "new/");
	await project.git("commit", "--quiet", "--message", "Move the project");
	return project;
}

const IN_NEW = { cwd: "new" };

test("a change that is in git under the former path is not undone: accept keeps it, and restore finds it", async () => {
	await using project = await moved();
	const verified = await project.coffer(["vault", "verify"], IN_NEW);
	expect(verified.status).toBe(7);
	expect(verified.stdout).toMatch(/found elsewhere:\n.*W, version 1 .* in branch other \(coffer\.vault\)/);
	const accepted = await project.coffer(["vault", "accept", "--yes", "--json"], IN_NEW);
	expect(accepted.error().code).toBe("NOTHING_UNDONE");
	await project.ok(["vault", "restore", "W"], IN_NEW);
	expect((await project.data(["secrets", "get", "W", "--reveal"], IN_NEW)).value).toBe("kept");
	await project.ok(["vault", "verify"], IN_NEW);
});

test("earlier versions are found under the former path, and those of another vault are not", async () => {
	await using project = await moved();
	await project.ok(["init", "--separate"]);
	await project.ok(["secrets", "set", "A=of another vault"]);
	await commit(project, "Another vault at the former path");
	const { versions } = await project.data(["secrets", "history", "A"], IN_NEW);
	expect(versions).toMatchObject([{ version: 2 }, { version: 1 }]);
	await project.ok(["secrets", "rollback", "A", "--to", "1"], IN_NEW);
	expect((await project.data(["secrets", "get", "A", "--reveal"], IN_NEW)).value).toBe("first");
});

test("the way back to a whole text at the former path works", async () => {
	await using project = await moved();
	const { stderr } = await project.coffer(["vault", "verify"], IN_NEW);
	const [, blob = ""] = /: git cat-file blob ([0-9a-f]+) > coffer\.vault$/m.exec(stderr) ?? [];
	project.write("new/coffer.vault", await project.git("cat-file", "blob", blob));
	await project.ok(["vault", "verify"], IN_NEW);
});
