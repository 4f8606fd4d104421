import { expect, test } from "vitest";
import type { Deployment } from "../../../src/platform/functions/function.ts";
import { platform, SHOW, TestApp, useCore } from "./app-fixture.ts";

useCore();

function present(app: TestApp, name: string): Deployment {
	const known = platform.core.apps.get(app.id).state.functions.get(name);
	if (!known) throw new Error(`${name} is not deployed`);
	return known.deployment;
}

test("a function that is deleted during its deployment is either deleted or runs", async () => {
	const app = await TestApp.open("delete-race", { KEY: "v" });
	await app.deploy({ show: SHOW("KEY") });
	const deployment = present(app, "show");
	for (let round = 0; round < 3; round++) {
		const next = { ...deployment, id: `d-race-${round}` };
		const deployed = app.functions.deploy(next);
		const deleted = app.functions.delete(["show"]);
		const late = round === 2 ? app.functions.deploy({ ...next, id: "d-late" }) : undefined;
		await Promise.all([deployed, deleted, late]);
		expect(present(app, "show").id).toBe(round === 2 ? "d-late" : next.id);
		expect(await app.show("show")).toMatchObject({ state: "live" });
		expect(await app.fetch("show")).toBe("v");
	}
});

test("changed data of a deployment does not overwrite a newer deployment", async () => {
	const app = await TestApp.open("note-race", { KEY: "v" });
	await app.deploy({ show: SHOW("KEY") });
	const old = present(app, "show");
	const newer = { ...old, id: "d-newer" };
	await app.functions.deploy(newer);
	await app.functions.updateDeployment({ ...old, source: "another" });
	expect(present(app, "show")).toEqual(newer);
	await app.functions.updateDeployment({ ...newer, source: "another" });
	expect(present(app, "show").source).toBe("another");
});
