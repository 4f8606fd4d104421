/**
 * The bugs that can be planted. None changes the product's code. Each is in an object that the product gets.
 */
export const PLANTS = {
	lostAppend: "a store that acknowledges a change and forgets it",
	doubleAppend: "a store that has a change twice",
	swappedEntries: "a store in which two changes trade places",
	believedCut: "a client that treats a broken response as complete",
	droppedRecord: "a device that drops a record it had saved",
	forgottenBase: "a device that forgets what it agreed on with the platform",
	idleVersion: "a version that rises while the value stays",
} as const;

export type Plant = keyof typeof PLANTS;

/** @throws RangeError if no bug has this name */
export function plantOf(text: string | undefined): Plant | undefined {
	if (text === undefined) return undefined;
	const found = (Object.keys(PLANTS) as Plant[]).find((key) => PLANTS[key] === text);
	if (!found) throw new RangeError(`There is no planted bug '${text}'.`);
	return found;
}
