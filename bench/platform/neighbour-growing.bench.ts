/** Response times of a function while another one creates as many threads, or writes as much, as it can. */

import type { Bench } from "../harness.ts";
import { besideNeighbours } from "./beside-neighbours.ts";

/** Starts workers that spin until no more can be started. */
const WORKERS = `
	const code = "for (;;);";
	const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
	const workers = [];
	try {
		while (Date.now() < end) {
			workers.push(new Worker(url, { type: "module" }));
			await new Promise((resolve) => setTimeout(resolve));
		}
	} catch {
		while (Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
	}
	for (const worker of workers) worker.terminate();`;

/** Overwrites one file again and again, so that the limit of stored data does not end the function. */
const FILES = `
	const chunk = new Uint8Array(1024 * 1024).fill(1);
	using file = Deno.openSync(Deno.env.get("TMPDIR") + "/file", { create: true, write: true });
	while (Date.now() < end) {
		file.seekSync(0, Deno.SeekMode.Start);
		for (let chunks = 0; chunks < 256 && Date.now() < end; chunks++) file.writeSync(chunk);
	}`;

const LINES = `
	const line = "a line of what it does".repeat(10);
	while (Date.now() < end) console.log(line);`;

export const bench: Bench = {
	name: "a neighbour that grows",
	run: (context) =>
		besideNeighbours(
			[
				// The short form has the first alone.
				{ called: "a neighbour that writes lines", code: LINES, count: 1 },
				{ called: "a neighbour that writes files", code: FILES, count: 1 },
				{ called: "a neighbour that makes workers", code: WORKERS, count: 1 },
			],
			context,
		),
};
