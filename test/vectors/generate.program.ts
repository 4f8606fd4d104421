/** `npm run vectors`: writes all vectors and removes old ones. The same code always writes the same bytes. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeVectors } from "./all.ts";
import { printVector } from "./vector.ts";

/** @param folder the folder for the vectors @returns the number of vectors */
export function generate(folder: string): number {
	mkdirSync(folder, { recursive: true });
	for (const file of readdirSync(folder)) if (file.endsWith(".vector")) rmSync(join(folder, file));
	const vectors = makeVectors();
	for (const vector of vectors) writeFileSync(join(folder, `${vector.name}.vector`), printVector(vector));
	return vectors.length;
}
