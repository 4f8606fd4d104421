/** `coffer doctor` on a vault that cannot be read. */
import { expect, test } from "vitest";
import { cloneOf, commit } from "../support/clone.ts";
import { doctor, mended, remedyOf, repository, textsOf } from "../support/doctor.ts";
import { newIdentityText, type Project } from "../support/project.ts";

test("a vault that is damaged, or in conflict, is restored by the remedy", async () => {
	await using project = await repository();
	await commit(project, "Start");
	const whole = project.vault;
	project.vault = whole.replace(/^.*\n/, "nonsense\n");
	const damaged = await doctor(project);
	expect(textsOf(damaged, "vault")).toEqual([expect.stringMatching(/^failure coffer\.vault, line 1/)]);
	await mended(project, damaged, "vault");
	expect(project.read("coffer.vault.damaged")).toMatch(/^nonsense\n/);
	project.vault = whole.replace(/^(\S+) 1/, "$1 999");
	const newer = await doctor(project);
	expect(textsOf(newer, "vault")).toEqual([
		expect.stringMatching(/^failure .*format 999.* Install a newer Coffer\.$/),
	]);
	expect(newer.checks.filter(({ check }) => check === "vault")).toMatchObject([{ remedy: null }]);
	project.vault = `<<<<<<< ours\n${whole}=======\n${whole}>>>>>>> theirs\n`;
	const conflict = await doctor(project);
	expect(remedyOf(conflict, "vault")).toBe("coffer vault resolve");
	await mended(project, conflict, "vault");
	project.write("coffer.json", "{");
	await project.git("add", "--intent-to-add", "coffer.json");
	expect(textsOf(await doctor(project), "configuration")).toEqual([expect.stringMatching(/^failure /)]);
});

test("line ends that git itself converts are mended by vault resolve, not by a checkout, which converts them again", async () => {
	await using project = await repository();
	await commit(project, "Start");
	project.write(".gitattributes", "* text eol=crlf\n");
	project.vault = project.vault.replaceAll("\n", "\r\n");
	const found = await doctor(project);
	expect(remedyOf(found, "vault")).toBe("coffer vault resolve");
	await mended(project, found, "vault");
});

test("a merge by hand that was committed is mended by vault resolve: HEAD has nothing to restore", async () => {
	await using project = await repository();
	await commit(project, "Start");
	await project.git("checkout", "--quiet", "-b", "branch");
	await project.ok(["secrets", "set", "B=theirs"]);
	await commit(project, "Theirs");
	await project.git("checkout", "--quiet", "-");
	await project.ok(["secrets", "set", "C=ours"]);
	await commit(project, "Ours");
	await expect(project.git("merge", "--quiet", "branch")).rejects.toThrow();
	project.vault = project.vault.replaceAll(/^<{7}.*\n/gm, "");
	await commit(project, "Merge by hand");
	const found = await doctor(project);
	expect(remedyOf(found, "vault")).toBe("coffer vault resolve");
	await mended(project, found, "vault");
});

test("a vault that a sparse checkout leaves out is a failure, and the remedy brings it back", async () => {
	await using project = await repository();
	await commit(project, "Start");
	await project.git("sparse-checkout", "set", "--no-cone", "/.gitattributes");
	const found = await doctor(project);
	expect(found.project).toBeNull();
	expect(textsOf(found, "vault")).toEqual([expect.stringMatching(/^failure Git has a coffer\.vault for /)]);
	await mended(project, found, "vault");
});

test("members that were changed on two sides are a failure: this device does not open the environment", async () => {
	await using project = await repository();
	await commit(project, "Start");
	await using other = await cloneOf(project);
	const add = async (to: Project, name: string) => {
		const env = { COFFER_IDENTITY: newIdentityText() };
		const { publicKey } = await to.data(["identity", "show"], { env });
		await to.ok(["members", "add", publicKey, "--name", name, "--role", "reader"]);
		await commit(to, name);
	};
	await add(other, "of-other");
	await project.git("branch", "before");
	await project.git("branch", "mine");
	await project.git("checkout", "--quiet", "mine");
	await add(project, "of-project");
	await project.git("checkout", "--quiet", "before");
	const older = await doctor(project);
	expect(textsOf(older, "membership")).toEqual([
		expect.stringMatching(/^warning .* write nothing in environment 'production'/),
		expect.stringMatching(/^ok This device opens production/),
	]);
	await project.git("fetch", "--quiet", other.root, "HEAD:theirs");
	await project.git("checkout", "--quiet", "theirs");
	const found = await doctor(project);
	expect(textsOf(found, "membership")).toEqual([
		expect.stringMatching(/^failure .* refuse environment 'production'/),
	]);
	expect(remedyOf(found, "membership")).toBe("git merge mine");
});

test("a link whose address no platform can have is a fault of coffer.json", async () => {
	await using project = await repository();
	const vault = project.vault.split(" ", 3)[2]?.split("\n")[0];
	const link = { url: "http://user:pass@127.0.0.1:9", app: "shop", platform: "A".repeat(22), vault };
	project.write("coffer.json", JSON.stringify({ links: { production: link } }));
	const found = await doctor(project);
	expect(remedyOf(found, "configuration")).toContain("git checkout HEAD -- coffer.json");
	expect(textsOf(found, "platform")).toEqual([]);
	expect(JSON.stringify(found)).not.toContain("user:pass");
});
