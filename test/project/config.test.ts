import { expect, test } from "vitest";
import { editConfig, readConfig } from "../../src/project/config.ts";
import { TestProject } from "./project.ts";

test("environments that are linked at once all stay linked", async () => {
	using project = await TestProject.create();
	const names = Array.from({ length: 8 }, (_, index) => `env-${index}`);
	const binding = {
		url: "https://coffer.example.com",
		app: "shop",
		platform: "A".repeat(22),
		vault: "A".repeat(43),
	};
	await Promise.all(
		names.map((name) =>
			editConfig(project.root, (config) => ({ ...config, links: { ...config.links, [name]: binding } })),
		),
	);
	expect(Object.keys((await readConfig(project.root)).links)).toEqual(names);
});
