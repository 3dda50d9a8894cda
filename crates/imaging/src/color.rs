//! Converts images with a colour profile (ICC) to sRGB.

use image::{DynamicImage, ImageBuffer, Rgb, RgbImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, RenderingIntent, TransformExecutor, TransformOptions};

use crate::{DecodeError, Format};

/// The pixels of an image before the conversion to 8-bit RGB.
pub(crate) enum Pixels {
    /// Gray or RGB samples, possibly with alpha.
    Image(DynamicImage),
    /// Inks.
    Cmyk {
        /// The width in pixels.
        width: u32,
        /// The height in pixels.
        height: u32,
        /// Four samples per pixel: cyan, magenta, yellow and black, from 0 (no ink) to 255.
        samples: Vec<u8>,
    },
}

/// A colour profile that changes the samples of an image.
pub(crate) struct Profile {
    profile: ColorProfile,
    format: Format,
}

/// The maximum difference of samples between sRGB and a profile that counts as sRGB. Profiles of this colour space differ in their
/// rounding.
const SAME: u8 = 2;

impl Profile {
    /// Reads the profile `bytes` of a file with `format`.
    ///
    /// The result is `None` for sRGB, which needs no conversion, and for a damaged profile. A damaged profile defines no colours, so its
    /// image counts as sRGB, as in web browsers.
    pub fn read(bytes: &[u8], format: Format) -> Option<Self> {
        let profile = ColorProfile::new_from_slice(bytes).ok()?;
        let profile = Self { profile, format };
        if profile.is_srgb() { None } else { Some(profile) }
    }

    /// Returns whether the profile is for inks.
    pub fn is_cmyk(&self) -> bool {
        self.profile.color_space == DataColorSpace::Cmyk
    }

    /// Converts `pixels` to sRGB.
    ///
    /// Returns the pixels unchanged when the profile is for another kind of samples, such as an RGB profile in a gray image.
    ///
    /// # Errors
    /// Returns an error when the profile is valid but cannot be applied.
    pub fn apply(&self, pixels: Pixels) -> Result<Pixels, DecodeError> {
        let image = match (pixels, self.profile.color_space) {
            (Pixels::Cmyk { width, height, samples }, DataColorSpace::Cmyk) => {
                let executor = self.executor_8(Layout::Rgba, Layout::Rgb)?;
                let rgb = self.expanded(&samples, [width, height], [4, 3], &*executor)?;
                DynamicImage::from(filled::<_, u8>([width, height], rgb, RgbImage::from_raw))
            }
            (Pixels::Image(image), DataColorSpace::Rgb) => self.apply_rgb(image)?,
            (Pixels::Image(image), DataColorSpace::Gray) => self.apply_gray(image)?,
            (pixels, _) => return Ok(pixels),
        };
        Ok(Pixels::Image(image))
    }

    fn apply_rgb(&self, mut image: DynamicImage) -> Result<DynamicImage, DecodeError> {
        let row = image.width() as usize;
        // Floating-point samples are converted with 16 bits.
        match image {
            DynamicImage::ImageRgb32F(_) => image = image.into_rgb16().into(),
            DynamicImage::ImageRgba32F(_) => image = image.into_rgba16().into(),
            _ => {}
        }
        match &mut image {
            DynamicImage::ImageRgb8(image) => {
                self.in_place(image, row * 3, &*self.executor_8(Layout::Rgb, Layout::Rgb)?)?;
            }
            DynamicImage::ImageRgba8(image) => {
                self.in_place(image, row * 4, &*self.executor_8(Layout::Rgba, Layout::Rgba)?)?;
            }
            DynamicImage::ImageRgb16(image) => {
                self.in_place(image, row * 3, &*self.executor_16(Layout::Rgb, Layout::Rgb)?)?;
            }
            DynamicImage::ImageRgba16(image) => {
                self.in_place(image, row * 4, &*self.executor_16(Layout::Rgba, Layout::Rgba)?)?;
            }
            _ => {}
        }
        Ok(image)
    }

    fn apply_gray(&self, image: DynamicImage) -> Result<DynamicImage, DecodeError> {
        let size = [image.width(), image.height()];
        Ok(match image {
            DynamicImage::ImageLuma8(gray) => {
                let executor = self.executor_8(Layout::Gray, Layout::Rgb)?;
                filled(size, self.expanded(&gray, size, [1, 3], &*executor)?, RgbImage::from_raw).into()
            }
            DynamicImage::ImageLumaA8(gray) => {
                let executor = self.executor_8(Layout::GrayAlpha, Layout::Rgba)?;
                filled(size, self.expanded(&gray, size, [2, 4], &*executor)?, image::RgbaImage::from_raw).into()
            }
            DynamicImage::ImageLuma16(gray) => {
                let executor = self.executor_16(Layout::Gray, Layout::Rgb)?;
                let rgb = self.expanded(&gray, size, [1, 3], &*executor)?;
                filled(size, rgb, ImageBuffer::<Rgb<u16>, Vec<u16>>::from_raw).into()
            }
            DynamicImage::ImageLumaA16(gray) => {
                let executor = self.executor_16(Layout::GrayAlpha, Layout::Rgba)?;
                let rgba = self.expanded(&gray, size, [2, 4], &*executor)?;
                filled(size, rgba, ImageBuffer::<image::Rgba<u16>, Vec<u16>>::from_raw).into()
            }
            other => other,
        })
    }

    /// Returns whether the conversion would change no sample by more than [`SAME`].
    fn is_srgb(&self) -> bool {
        let levels = (0..=255u8).step_by(17);
        let same = |samples: &[u8], executor: &dyn TransformExecutor<u8>, wanted: &[u8]| {
            let mut found = vec![0; wanted.len()];
            executor.transform(samples, &mut found).is_ok()
                && found.iter().zip(wanted).all(|(found, wanted)| found.abs_diff(*wanted) <= SAME)
        };
        match self.profile.color_space {
            DataColorSpace::Rgb => {
                let grid: Vec<u8> = levels
                    .clone()
                    .flat_map(|r| levels.clone().map(move |g| (r, g)))
                    .flat_map(|(r, g)| levels.clone().flat_map(move |b| [r, g, b]))
                    .collect();
                self.executor_8(Layout::Rgb, Layout::Rgb).is_ok_and(|executor| same(&grid, &*executor, &grid))
            }
            DataColorSpace::Gray => {
                let gray: Vec<u8> = (0..=255).collect();
                let rgb: Vec<u8> = gray.iter().flat_map(|level| [*level; 3]).collect();
                self.executor_8(Layout::Gray, Layout::Rgb).is_ok_and(|executor| same(&gray, &*executor, &rgb))
            }
            _ => false,
        }
    }

    fn executor_8(
        &self,
        from: Layout,
        to: Layout,
    ) -> Result<std::sync::Arc<moxcms::Transform8BitExecutor>, DecodeError> {
        let srgb = ColorProfile::new_srgb();
        self.profile.create_transform_8bit(from, &srgb, to, self.options()).map_err(|error| self.unusable(&error))
    }

    fn executor_16(
        &self,
        from: Layout,
        to: Layout,
    ) -> Result<std::sync::Arc<moxcms::Transform16BitExecutor>, DecodeError> {
        let srgb = ColorProfile::new_srgb();
        self.profile.create_transform_16bit(from, &srgb, to, self.options()).map_err(|error| self.unusable(&error))
    }

    /// Returns the options with the perceptual intent, which ICC profiles have for images. A profile without tables for it uses its
    /// colorimetric tables or its matrix.
    fn options(&self) -> TransformOptions {
        let perceptual = self.profile.lut_a_to_b_perceptual.is_some() || self.profile.lut_a_to_b_colorimetric.is_none();
        let rendering_intent =
            if perceptual { RenderingIntent::Perceptual } else { RenderingIntent::RelativeColorimetric };
        TransformOptions { rendering_intent, ..TransformOptions::default() }
    }

    /// Converts rows of `row` samples without a second image.
    fn in_place<T: Copy + Default>(
        &self,
        samples: &mut [T],
        row: usize,
        executor: &dyn TransformExecutor<T>,
    ) -> Result<(), DecodeError> {
        let mut source = vec![T::default(); row];
        for row in samples.chunks_exact_mut(row) {
            source.copy_from_slice(row);
            executor.transform(&source, row).map_err(|error| self.unusable(&error))?;
        }
        Ok(())
    }

    /// Converts pixels with `from` samples to pixels with `to` samples.
    fn expanded<T: Copy + Default>(
        &self,
        samples: &[T],
        [width, height]: [u32; 2],
        [from, to]: [usize; 2],
        executor: &dyn TransformExecutor<T>,
    ) -> Result<Vec<T>, DecodeError> {
        let (width, height) = (width as usize, height as usize);
        let mut converted = vec![T::default(); width * height * to];
        for (source, row) in samples.chunks_exact(width * from).zip(converted.chunks_exact_mut(width * to)) {
            executor.transform(source, row).map_err(|error| self.unusable(&error))?;
        }
        Ok(converted)
    }

    fn unusable(&self, error: &moxcms::CmsError) -> DecodeError {
        DecodeError::UnsupportedVariant {
            format: self.format,
            detail: format!("its colour profile cannot be applied ({error})"),
        }
    }
}

/// Returns an image of `size` from samples that [`Profile::expanded`] made for it.
fn filled<I, T>([width, height]: [u32; 2], samples: Vec<T>, from_raw: impl Fn(u32, u32, Vec<T>) -> Option<I>) -> I {
    from_raw(width, height, samples).expect("the samples were made for this size")
}

/// Converts pixels of four inks, from 0 (no ink) to 255, to RGB without a profile.
pub(crate) fn inks_to_rgb(samples: &[u8]) -> Vec<u8> {
    let over = |light: u8, black: u8| {
        let product = (255 - u32::from(light)) * (255 - u32::from(black)) + 128;
        ((product + (product >> 8)) >> 8) as u8
    };
    samples.chunks_exact(4).flat_map(|inks| [0, 1, 2].map(|at| over(inks[at], inks[3]))).collect()
}
