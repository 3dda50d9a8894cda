//! The sets of colours for scenes, props and petals. All classes share them, so that a colour does not give away the
//! class.

pub use crate::colour::{Colour, INK, WHITE, hex};
use crate::dice::Dice;

/// Five matching colours: two for large areas, two accents and a dark colour.
pub type Palette = [Colour; 5];

/// The palettes of scenes.
const PALETTES: [Palette; 14] = [
    [hex(0xfd_f0d5), hex(0xf4_d6a0), hex(0xe7_6f51), hex(0x2a_9d8f), hex(0x26_4653)],
    [hex(0xd8_e2dc), hex(0xff_e5d9), hex(0xf4_acb7), hex(0x9d_8189), hex(0x5a_4a5c)],
    [hex(0xca_f0f8), hex(0x90_e0ef), hex(0x00_b4d8), hex(0xff_b703), hex(0x03_045e)],
    [hex(0xe9_edc9), hex(0xcc_d5ae), hex(0xd4_a373), hex(0x88_9a5b), hex(0x58_5233)],
    [hex(0xf2_e9e4), hex(0xc9_ada7), hex(0x9a_8c98), hex(0xe0_9f3e), hex(0x22_223b)],
    [hex(0xff_d6e0), hex(0xff_efb5), hex(0xc1_fba4), hex(0x7b_f1a8), hex(0x57_3280)],
    [hex(0xb8_d8d8), hex(0x7a_9e9f), hex(0xfe_5f55), hex(0xee_f5db), hex(0x4f_6367)],
    [hex(0xff_cdb2), hex(0xff_b4a2), hex(0xe5_989b), hex(0xb5_838d), hex(0x6d_6875)],
    [hex(0x35_4f52), hex(0x52_796f), hex(0x84_a98c), hex(0xf2_cc8f), hex(0x20_2f36)],
    [hex(0x3d_405b), hex(0x5f_6793), hex(0xe0_7a5f), hex(0x81_b29a), hex(0x22_2338)],
    [hex(0xed_e0d4), hex(0xdd_b892), hex(0x7f_5539), hex(0x60_8c7c), hex(0x43_2818)],
    [hex(0xcd_b4db), hex(0xbd_e0fe), hex(0xff_afcc), hex(0xa2_d2ff), hex(0x46_3f6b)],
    [hex(0xf7_b267), hex(0xf7_9d65), hex(0xf4_845f), hex(0xf2_5c54), hex(0x6b_2737)],
    [hex(0xe8_f1f2), hex(0xb3_cdd9), hex(0x51_8ca3), hex(0xd9_6c75), hex(0x13_293d)],
];

/// Returns a variation of one of the scene palettes. Sometimes large areas and accents are exchanged.
pub fn scene(dice: &mut Dice) -> Palette {
    let mut palette = dice.pick(&PALETTES);
    if dice.chance(0.3) {
        palette.swap(0, 2);
    }
    if dice.chance(0.3) {
        palette.swap(1, 3);
    }
    palette.map(|colour| dice.near(colour, 0.05))
}

/// Returns a strong colour for petals, ribbons or toys.
pub fn bright(dice: &mut Dice) -> Colour {
    const BRIGHT: [u32; 14] = [
        0xe6_3946, 0xf4_7ca0, 0xff_a62b, 0xff_d23f, 0x9b_5de5, 0x5e_7ce2, 0xf7_f3e8, 0xc8_553d, 0xe8_5d9e, 0x42_b0a8,
        0xd9_8a4e, 0xb3_3951, 0xfb_c4ab, 0xb8_a1e3,
    ];
    dice.colour(&BRIGHT, 0.08)
}

/// Returns a green for leaves and grass, from fresh to olive to bluish.
pub fn green(dice: &mut Dice) -> Colour {
    const GREENS: [u32; 8] = [0x6a_994e, 0x38_6641, 0x88_b04b, 0x57_8a6b, 0x7f_9c4a, 0x47_7a58, 0x9a_b973, 0x5b_7f3b];
    dice.colour(&GREENS, 0.06)
}

/// Returns a colour of wood, straw or earth.
pub fn earth(dice: &mut Dice) -> Colour {
    const EARTHS: [u32; 7] = [0xb0_8968, 0xdd_b892, 0x7f_5539, 0xc8_a27a, 0x9c_6644, 0xe3_c9a8, 0x82_6b58];
    dice.colour(&EARTHS, 0.05)
}
