import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
	dropBinding,
	editConfig,
	forgetEnvironment,
	platformOf,
	putBinding,
	putDefaultEnvironment,
	readConfig,
	readDefaultEnvironment,
} from "../../../src/project/files/config.ts";
import { TestProject } from "../project.ts";

test("environments that are linked concurrently all stay linked", async () => {
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

test("a link with a platform is unchanged on disk next to one with Base44, and any other binding is refused", async () => {
	using project = await TestProject.create();
	const path = join(project.root, "coffer.json");
	const platform = {
		url: "https://coffer.example.com",
		app: "shop",
		platform: "A".repeat(22),
		vault: "A".repeat(43),
	};
	const base44 = {
		kind: "base44" as const,
		url: "https://app.base44.com",
		app: "68a1F0_c-2",
		vault: platform.vault,
	};
	const text = (links: object) => `${JSON.stringify({ links }, null, 2)}\n`;
	writeFileSync(path, text({ production: platform }));
	await putBinding(project.root, "preview", base44);
	expect(readFileSync(path, "utf8")).toBe(text({ preview: base44, production: platform }));
	const { links } = await readConfig(project.root);
	expect([platformOf(links["production"]), platformOf(links["preview"])]).toEqual([platform, undefined]);
	await dropBinding(project.root, "preview");
	expect(readFileSync(path, "utf8")).toBe(text({ production: platform }));

	for (const wrong of [
		{ ...platform, kind: "base44" },
		{ ...base44, kind: "Base44" },
		{ ...base44, app: "a b" },
		{ ...base44, app: "\u001b[31m" },
		{ ...base44, platform: platform.platform },
		{ ...base44, key: "b44k_1" },
	]) {
		writeFileSync(path, text({ production: wrong }));
		await expect(readConfig(project.root)).rejects.toMatchObject({ code: "CONFIG_INVALID", exit: 2 });
	}
});

test("the default environment survives linking and unlinking, and is removed with its environment", async () => {
	using project = await TestProject.create();
	const binding = {
		url: "https://coffer.example.com",
		app: "shop",
		platform: "A".repeat(22),
		vault: "A".repeat(43),
	};
	expect(await readDefaultEnvironment(project.root)).toBeUndefined();
	await putBinding(project.root, "environment", binding);
	expect(await readDefaultEnvironment(project.root)).toBeUndefined();
	await putDefaultEnvironment(project.root, "staging");
	await putBinding(project.root, "staging", binding);
	await dropBinding(project.root, "environment");
	expect(await readConfig(project.root)).toEqual({ environment: "staging", links: { staging: binding } });
	await forgetEnvironment(project.root, "preview");
	expect(await readDefaultEnvironment(project.root)).toBe("staging");
	await forgetEnvironment(project.root, "staging");
	expect(await readConfig(project.root)).toEqual({ links: {} });
});
