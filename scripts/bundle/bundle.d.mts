export function bundle(
	main: string,
	commands: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string>>;
