/** Reads the committed vectors: `kit/NAME.vector`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseVector, type Vector } from "./vector.ts";

const SUFFIX = ".vector";

/** All vectors that are committed, sorted by name. */
export function readKit(folder = fileURLToPath(new URL("./kit", import.meta.url))): Vector[] {
	return readdirSync(folder)
		.filter((file) => file.endsWith(SUFFIX))
		.map((file) => file.slice(0, -SUFFIX.length))
		.sort()
		.map((name) => parseVector(name, readFileSync(join(folder, name + SUFFIX))));
}
