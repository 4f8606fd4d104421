/** `coffer doctor` on a vault that cannot be read. */
import { expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { doctor, mended, remedyOf, repository, textsOf } from "../support/doctor.ts";

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
