import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    target: 'es2022',
    // The Content-Security-Policy of `tcpdx serve` allows no inline script and no data: address.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: {
    // `npm run mock`, or a real `tcpdx serve`.
    proxy: { '/api': process.env.TCPDX_URL ?? 'http://127.0.0.1:9670' },
  },
});
