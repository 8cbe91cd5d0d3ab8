// Builds the console into dist/, in files of fixed names that the binary holds.
import { defineConfig } from 'vite'

export default defineConfig({
  base: '/console/',
  build: {
    outDir: 'dist',
    target: 'es2022',
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    rolldownOptions: { output: { entryFileNames: 'app.js', assetFileNames: 'app[extname]', codeSplitting: false } },
  },
})
