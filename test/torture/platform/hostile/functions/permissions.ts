/** The isolation by Deno's permissions: a real function, and the same code in a Deno with all permissions. */
import { ask, launch } from "../../../../platform/runtime/harness.ts";
import { type Hostile, openHostile, REFUSAL } from "../../../../platform/runtime/isolation/hostile.ts";
import { PROCESSES, READS, WRITES } from "../../../../platform/runtime/probes/files.ts";
import { HERE, INTERFACES, waysTo } from "../../../../platform/runtime/probes/network.ts";
import { ABSENT_POWER, PERMISSIONS, POWERS } from "../../../../platform/runtime/probes/powers.ts";
import type { Part, Probe } from "./probe.ts";

/** A variable of the platform, which no function gets. */
const VARIABLE = "COFFER_HOSTILE_VARIABLE";
const ABSENT = /is not there/;

/** Ways to a variable that a function was not given. */
const ENVIRONMENT = [
	`Deno.env.get("${VARIABLE}")`,
	`Deno.env.toObject()["${VARIABLE}"]`,
	`process.env["${VARIABLE}"]`,
	`(await import("node:process")).env["${VARIABLE}"]`,
	`Object.entries((await import("node:process")).default.env).find(([name]) => name === "${VARIABLE}")`,
	`(Deno.env.has("${VARIABLE}") ? "it is there" : undefined)`,
];

/** Data that a sibling has stored under names that the function knows. */
const FILL = `
	localStorage.setItem("kept", "by a sibling");
	await (await caches.open("kept")).put("https://kept.example/", new Response("by a sibling"));
	return "filled";`;
const STORAGE = [
	`localStorage.getItem("kept")`,
	`Object.entries(localStorage)[0]`,
	`(await (await caches.open("kept")).match("https://kept.example/"))?.text()`,
];

const given = (expression: string) =>
	`const found = await (${expression}); if (found == null) throw new Error("It is not there."); return found`;

function probe(it: Hostile, aim: string, code: string, refusal = REFUSAL): Probe {
	return { aim, name: code, within: () => it.probe(code), without: () => it.control(code), refusal };
}

function permission(it: Hostile, name: string): Probe {
	const code = `const { state } = await Deno.permissions.request({ ${name} }); if (state !== "granted") throw new Error("The permission is " + state); return state`;
	return probe(it, "permissions", code);
}

async function fillStorage(it: Hostile): Promise<void> {
	const code = `export default async () => { ${FILL.replace("return", "return new Response(")}); }`;
	const filling = code.replace('"filled";)', '"filled")');
	const sibling = await it.harness.runtime.start(launch(filling, {}, { function: "filling" }));
	if ((await ask(sibling.socketPath)).body !== "filled") throw new Error("Nothing was stored.");
	await it.control(FILL);
}

export async function openPermissions(): Promise<Part> {
	process.env[VARIABLE] = "the platform's";
	const hostile = await openHostile();
	await fillStorage(hostile);
	const network = HERE.flatMap(waysTo);
	const probes = [
		...READS.map((code) => probe(hostile, "files", code)),
		...WRITES.map((code) => probe(hostile, "files", code)),
		...PROCESSES.map((code) => probe(hostile, "processes and signals", code)),
		...ENVIRONMENT.map((expression) => probe(hostile, "environment", given(expression), ABSENT)),
		...STORAGE.map((expression) => probe(hostile, "storage of others", given(expression), ABSENT)),
		...network.map((code) => probe(hostile, "network", code)),
		...Object.values(INTERFACES).map((code) => probe(hostile, "network and sockets", code)),
		...POWERS.map((code) =>
			probe(
				hostile,
				"programs, native code and workers",
				code,
				new RegExp(`${REFUSAL.source}|${ABSENT_POWER.source}`, "i"),
			),
		),
		...PERMISSIONS.map((name) => permission(hostile, name)),
	];
	const close = async () => {
		delete process.env[VARIABLE];
		await hostile.close();
	};
	return { wall: "Deno's permissions", probes, close };
}
