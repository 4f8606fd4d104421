export function drawSession(lines: readonly string[], title: string): string;
export function linesOf(svg: string): string[];
