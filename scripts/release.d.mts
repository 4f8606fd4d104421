export function isStep(from: string, to: string): boolean;
export function hasSection(changelog: string, version: string): boolean;
export function conditions(root: string, version: string): [string, boolean][];
export function release(
	root: string,
	version: string,
	options: { dryRun: boolean; write?: (line: string) => void },
): void;
