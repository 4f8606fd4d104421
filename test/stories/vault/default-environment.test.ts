/** Which environment a command uses; every command that changes something names it. */
import { expect, test } from "vitest";
import { newProject, Project } from "../support/project.ts";

test("the environment comes from the flag, else COFFER_ENVIRONMENT, else the project's default, else production", async () => {
	await using project = await newProject();
	await project.ok(["environments", "create", "preview"]);
	const set = async (args: string[], variable?: string) => {
		const result = await project.ok(["secrets", "set", ...args], { env: { COFFER_ENVIRONMENT: variable } });
		return result.stdout.split("\n", 1)[0];
	};
	expect(await set(["A=1"])).toBe("✓ Set A in production");
	await project.ok(["environments", "default", "preview"]);
	expect(await set(["A=1"])).toBe("✓ Set A in preview");
	expect(await set(["A=2"], "production")).toBe("✓ Set A in production");
	expect(await set(["A=3", "-e", "preview"], "production")).toBe("✓ Set A in preview");
	expect(JSON.parse(project.read("coffer.json"))).toEqual({ environment: "preview", links: {} });

	const absent = await project.coffer(["secrets", "list", "--json"], { env: { COFFER_ENVIRONMENT: "prod" } });
	expect(absent.error()).toMatchObject({ code: "ENVIRONMENT_NOT_FOUND", exit: 4 });
	expect(absent.error().message).toContain("COFFER_ENVIRONMENT");
	expect(absent.error().hint).toContain("preview, production");
	const invalid = await project.coffer(["run", "--json", "--", "true"], {
		env: { COFFER_ENVIRONMENT: "Prod 1" },
	});
	expect(invalid.error()).toMatchObject({ code: "ENVIRONMENT_NAME_INVALID", exit: 125 });
	expect(invalid.error().message).toContain("COFFER_ENVIRONMENT");

	await project.ok(["environments", "delete", "preview", "--yes"]);
	expect(JSON.parse(project.read("coffer.json"))).toEqual({ links: {} });
	project.write("coffer.json", '{ "environment": "gone", "links": {} }\n');
	const stale = await project.coffer(["status", "--json"]);
	expect(stale.error()).toMatchObject({ code: "ENVIRONMENT_NOT_FOUND", exit: 4 });
	expect(stale.error().message).toContain("coffer.json");
	await project.ok(["environments", "default", "production"]);
	expect(await project.data(["status"])).toMatchObject({ environment: "production" });
});

test("a vault whose first environment is not production makes that one the default", async () => {
	await using project = new Project();
	await project.ok(["init", "--environment", "staging"]);
	expect(await project.data(["secrets", "set", "A=1"])).toMatchObject({ environment: "staging", set: ["A"] });
});
