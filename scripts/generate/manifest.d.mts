export function generateManifest(root: string): Promise<string>;
