export function everydayOf(commands: Readonly<Record<string, string>>): Record<string, string | undefined>;
export function everydayLoader(file: string, commands: Readonly<Record<string, string | undefined>>): string;
