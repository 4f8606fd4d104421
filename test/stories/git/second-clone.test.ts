/** Two clones of a project on one device share the device's memory, and each has its own git. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { newProject } from "../support/project.ts";

test("a change of another clone on the same device is not called lost, and git pull brings it", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet", "--initial-branch", "main");
	await project.ok(["secrets", "set", "A=first"]);
	await commit(project, "Start");
	await project.git("clone", "--quiet", "--bare", ".", "../origin.git");
	await project.git("remote", "add", "origin", "../origin.git");
	await project.git("fetch", "--quiet");
	await project.git("branch", "--quiet", "--set-upstream-to", "origin/main");
	const cwd = "../second";
	const second = join(project.root, cwd);
	await project.git("clone", "--quiet", "../origin.git", second);
	await project.ok(["secrets", "set", "B=made-in-the-second-clone"], { cwd });
	await project.git(
		"-C",
		second,
		"-c",
		"user.name=a",
		"-c",
		"user.email=a@x",
		"commit",
		"--quiet",
		"-am",
		"B",
	);
	await project.git("-C", second, "push", "--quiet");

	const refused = await project.coffer(["vault", "verify"]);
	expect(refused.status).toBe(7);
	expect(refused.stdout).toContain("made on this device, and not found in this clone");
	expect(refused.stderr).toMatch(/used this vault in another folder too, which is not searched/);
	expect(refused.stderr).toMatch(
		/commit and push them there, then here: git pull\n.*: coffer vault accept\n/,
	);
	expect((await project.coffer(["vault", "accept"])).stderr).toMatch(/another folder too/);
	await project.git("pull", "--quiet");
	await project.ok(["vault", "verify"]);
});
