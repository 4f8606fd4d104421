/**
 * Writes a path as a field of fstab(5), the format of tables for `mount -T`: white space, `#` and backslashes as octal
 * numbers. Pure.
 */
export function escapeField(path: string): string {
	return path.replace(
		/[\\ \t\n#]/g,
		(character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`,
	);
}
